{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

{% if is_incremental() %}
-- Keys say which posts are new. Texts are then read from around the times of these, not of whole days.
with new_posts as materialized (
    select post_key, created_at from {{ ref('int_post_counts') }}
    where {{ is_new_post() }}
)
{% endif %}

select
    post_key,
    post_id,
    platform,
    user_key,
    date_key,
    created_at,
    text,
    lang,
    url,
    source_app,
    len(hashtags) as hashtag_count,
    len(mentions) as mention_count
from {{ ref('int_posts_enriched') }}
{% if is_incremental() %}
where
    created_at in (select created_at from new_posts)
    and post_key in (select post_key from new_posts)
{% endif %}
