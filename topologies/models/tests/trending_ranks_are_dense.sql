-- Days whose ranks do not run from 1 without a gap, 50 at most.
select as_of_date, min(rank) as lowest, max(rank) as highest, count(*) as hashtags
from {{ ref('mart_trending_hashtags') }}
group by as_of_date
having lowest <> 1 or highest <> hashtags or hashtags > 50
