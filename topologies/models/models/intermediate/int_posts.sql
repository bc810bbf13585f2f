{{ config(materialized='view') }}

-- Every post with its keys and its engagement.
with posts as (
    select * from {{ ref('stg_twitter__tweets') }}
    union all
    select * from {{ ref('stg_reddit__posts') }}
    union all
    select * from {{ ref('stg_youtube__videos') }}
)

select
    {{ platform_key('post_id') }} as post_key,
    {{ platform_key('author_id') }} as user_key,
    {{ date_key('post_date') }} as date_key,
    platform,
    post_date,
    post_id,
    created_at,
    author_id,
    author_name,
    author_followers,
    author_verified,
    author_created_at,
    likes,
    shares,
    comments,
    impressions,
    cast(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0) as bigint)
        as engagement_total,
    hashtags,
    mentions,
    text,
    lang,
    url,
    source_app
from posts
