select
    md5(hashtag) as hashtag_key,
    hashtag,
    min(post_date) as first_seen,
    max(post_date) as last_seen,
    count(*) as post_count,
    cast(sum(engagement_total) as bigint) as engagement_total
from {{ ref('int_post_hashtags') }}
group by hashtag
