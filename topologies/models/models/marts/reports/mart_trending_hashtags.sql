-- The 50 hashtags with the most engagement in the seven days up to each day of the calendar.
with daily as (
    select
        post_date,
        hashtag,
        count(*) as posts,
        sum(engagement_total) as engagement
    from {{ ref('int_post_hashtags') }}
    group by post_date, hashtag
),

-- A day's numbers count for that day and the six after it, as far as the calendar goes.
windows as (
    select
        dim_date.date as as_of_date,
        daily.hashtag,
        cast(sum(daily.posts) as bigint) as posts_7d,
        cast(sum(daily.engagement) as bigint) as engagement_7d
    from daily
    cross join range(7) as later(days)
    inner join {{ ref('dim_date') }} as dim_date
        on dim_date.date = daily.post_date + cast(later.days as integer)
    group by dim_date.date, daily.hashtag
)

select
    as_of_date,
    hashtag,
    posts_7d,
    engagement_7d,
    row_number() over (
        partition by as_of_date
        order by engagement_7d desc, hashtag
    ) as rank
from windows
qualify rank <= 50
