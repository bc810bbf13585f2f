{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='user_key') }}
-- depends_on: {{ ref('int_posts_enriched') }}

-- One row an author, as the author's latest post shows it.
with users as (
    select
        platform,
        author_id,
        arg_max(
            struct_pack(
                username := author_name,
                followers := author_followers,
                verified := author_verified,
                account_created_at := author_created_at
            ),
            struct_pack(created_at := created_at, post_id := post_id)
        ) as latest,
        min(created_at) as first_seen_at,
        max(created_at) as last_seen_at,
        count(*) as post_count
    from {{ posts_of_all_days() }}
    where
        author_id is not null
        {% if is_incremental() %}
        -- Of an author with new posts, every post counts.
        and (platform, author_id) in (
            select (platform, author_id) from {{ ref('int_posts_enriched') }}
        )
        {% endif %}
    group by platform, author_id
)

select
    {{ platform_key('author_id') }} as user_key,
    platform,
    author_id as user_id,
    latest.username,
    latest.followers,
    latest.verified,
    latest.account_created_at,
    first_seen_at,
    last_seen_at,
    post_count
from users
