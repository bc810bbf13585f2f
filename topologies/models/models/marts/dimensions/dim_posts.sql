{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

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
where {{ is_new_post() }}
