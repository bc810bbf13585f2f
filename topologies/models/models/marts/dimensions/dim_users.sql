{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='user_key') }}

-- One row an author, as the author's latest post shows it.
with
{% if is_incremental() %}
touched as (
    {{ authors_of(ref('int_posts_enriched')) }}
),

counted as (
    select platform, author_id, count(*) as post_count
    from {{ posts_of_all_days() }}
    where author_id is not null
    group by platform, author_id
),

-- Authors with more posts than there were. All posts of one time are of one day: those of the touched days say
-- what is the latest, unless a later one is known from another day.
users as (
    select
        touched.platform,
        touched.author_id,
        case
            when known.last_seen_at > touched.last_seen_at
                then struct_pack(
                    username := known.username,
                    followers := known.followers,
                    verified := known.verified,
                    account_created_at := known.account_created_at
                )
            else touched.latest
        end as latest,
        least(touched.first_seen_at, known.first_seen_at) as first_seen_at,
        greatest(touched.last_seen_at, known.last_seen_at) as last_seen_at,
        counted.post_count
    from touched
    inner join counted
        on counted.platform = touched.platform and counted.author_id = touched.author_id
    left join {{ this }} as known
        on known.platform = touched.platform and known.user_id = touched.author_id
    where known.post_count is distinct from counted.post_count
)
{% else %}
users as (
    {{ authors_of(ref('int_posts_enriched')) }}
)
{% endif %}

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
