{{ config(materialized='view') }}

select
    post_date,
    engagement_total,
    unnest(hashtags) as hashtag
from {{ ref('int_posts_enriched') }}
