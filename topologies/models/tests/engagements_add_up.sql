-- Days on which the engagements, one by one, are not the posts' totals.
with totals as (
    select date_key, sum(engagement_total) as expected
    from {{ ref('fact_post_metrics') }}
    group by date_key
),

counted as (
    select date_key, sum(engagement_count) as got
    from {{ ref('fact_engagements') }}
    group by date_key
)

select totals.date_key, expected, got
from totals
left join counted on counted.date_key = totals.date_key
where expected <> coalesce(got, 0)
