{{ config(materialized='view') }}

-- Every post with its keys and its engagement, beside what staging has of it.
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
    cast(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0) as bigint)
        as engagement_total,
    *
from posts
