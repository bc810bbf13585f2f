-- Both tables have each post once, and metrics have no others: equal counts are equal posts.
select posts, with_metrics
from (select count(*) as posts from {{ ref('dim_posts') }})
cross join (select count(*) as with_metrics from {{ ref('fact_post_metrics') }})
where posts <> with_metrics
