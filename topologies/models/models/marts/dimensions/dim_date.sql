-- Every calendar day from the first post to the last.
with days as (
    select cast(unnest(generate_series(min(post_date), max(post_date), interval 1 day)) as date) as day
    from {{ posts_of_all_days() }}
)

select
    {{ date_key('day') }} as date_key,
    day as date,
    cast(year(day) as integer) as year,
    cast(quarter(day) as integer) as quarter,
    cast(month(day) as integer) as month,
    cast(day(day) as integer) as day,
    cast(isodow(day) as integer) as iso_weekday,
    dayname(day) as day_name,
    monthname(day) as month_name,
    cast(weekofyear(day) as integer) as iso_week,
    isodow(day) >= 6 as is_weekend
from days
