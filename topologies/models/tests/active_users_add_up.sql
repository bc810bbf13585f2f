-- Days on which `all` is not the sum over the platforms.
select
    post_date,
    sum(active_users) filter (where platform = 'all') as over_all,
    coalesce(sum(active_users) filter (where platform <> 'all'), 0) as summed
from {{ ref('mart_daily_active_users') }}
group by post_date
having over_all is distinct from summed
