-- How much every author has posted on each day, kept for those who post again on another.
select
    post_date,
    user_key,
    count(*) as posts
from {{ ref('int_post_counts') }}
where user_key is not null
group by post_date, user_key
