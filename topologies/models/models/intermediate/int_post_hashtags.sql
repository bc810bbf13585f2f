{{ config(materialized='view') }}

select
    post_date,
    engagement_total,
    unnest(hashtags) as hashtag
from {{ posts_of_all_days() }}
