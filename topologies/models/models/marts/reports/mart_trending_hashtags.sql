{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='as_of_date') }}
-- depends_on: {{ ref('int_post_counts') }}

-- The 50 hashtags with the most engagement in the seven days up to each day of the calendar.
-- In a refresh a new post counts for its day and the six after it; a day that is new to the calendar counts those
-- before it.
with as_of_days as (
    select date as as_of_date from {{ ref('dim_date') }}
    {% if is_incremental() %}
    where
        date > (select max(as_of_date) from {{ this }})
        or date in (
            select day + cast(later.days as integer)
            from (select distinct post_date as day from {{ ref('int_post_counts') }})
            cross join range(7) as later(days)
        )
    {% endif %}
),

-- A day's numbers count for that day and the six after it, as far as the calendar goes.
windows as (
    select
        as_of_days.as_of_date,
        daily.hashtag,
        cast(sum(daily.posts) as bigint) as posts_7d,
        cast(sum(daily.engagement_total) as bigint) as engagement_7d
    from {{ ref('int_hashtag_days') }} as daily
    cross join range(7) as later(days)
    inner join as_of_days
        on as_of_days.as_of_date = daily.post_date + cast(later.days as integer)
    group by as_of_days.as_of_date, daily.hashtag
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
