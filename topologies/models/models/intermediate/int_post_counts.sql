-- What is counted of these posts. Most models read this, so it is made once, and without the texts.
select
    post_key,
    user_key,
    date_key,
    post_date,
    platform,
    created_at,
    likes,
    shares,
    comments,
    impressions,
    engagement_total
from {{ ref('int_posts_enriched') }}
