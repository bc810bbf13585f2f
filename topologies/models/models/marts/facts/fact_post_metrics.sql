{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

select
    post_key,
    user_key,
    date_key,
    platform,
    likes,
    shares,
    comments,
    impressions,
    engagement_total,
    cast(engagement_total as double) / nullif(impressions, 0) * 100 as engagement_rate
from {{ ref('int_post_counts') }}
where {{ is_new_post() }}
