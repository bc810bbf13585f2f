-- Both what hashtags are and what is trending are made of this.
select
    post_date,
    hashtag,
    count(*) as posts,
    cast(sum(engagement_total) as bigint) as engagement_total
from {{ ref('int_post_hashtags') }}
group by post_date, hashtag
