{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='hashtag_key') }}

select
    md5(hashtag) as hashtag_key,
    hashtag,
    min(post_date) as first_seen,
    max(post_date) as last_seen,
    cast(sum(posts) as bigint) as post_count,
    cast(sum(engagement_total) as bigint) as engagement_total
from {{ ref('int_hashtag_days') }}
{% if is_incremental() %}
where hashtag in (
    select hashtag from {{ ref('int_hashtag_days') }}
    where {{ is_touched('post_date') }}
)
{% endif %}
group by hashtag
