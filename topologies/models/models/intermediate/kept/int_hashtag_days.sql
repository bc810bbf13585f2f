-- Both what hashtags are and what is trending are made of this. It is kept, so that a run reads no day but those that it builds.
select
    post_date,
    hashtag,
    count(*) as posts,
    cast(sum(engagement_total) as bigint) as engagement_total
from {{ ref('int_post_hashtags') }}
group by post_date, hashtag
