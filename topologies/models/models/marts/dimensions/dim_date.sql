{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

-- Every calendar day from the first post to the last.
with known as (
    select post_date as day from {{ ref('int_posts_enriched') }}
    {% if is_incremental() %}
    union all
    select date as day from {{ this }}
    {% endif %}
),

days as (
    select cast(unnest(generate_series(min(day), max(day), interval 1 day)) as date) as day
    from known
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
{% if is_incremental() %}
where day not in (select date from {{ this }})
{% endif %}
