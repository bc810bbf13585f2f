{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='post_date') }}

-- Distinct authors a day with a post that somebody engaged with, by platform and over all of them.
with active as (
    select post_date, platform, count(distinct user_key) as active_users
    from {{ ref('int_post_counts') }}
    where engagement_total >= 1 and user_key is not null
    group by post_date, platform
),

days as (
    select distinct post_date from {{ ref('int_post_counts') }}
)

select post_date, platform, active_users from active
union all
select
    days.post_date,
    'all' as platform,
    cast(coalesce(sum(active.active_users), 0) as bigint) as active_users
from days
left join active on active.post_date = days.post_date
group by days.post_date
