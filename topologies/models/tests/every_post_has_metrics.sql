-- Posts that only one of the two tables has.
select post_key, 'fact_post_metrics' as missing_in
from {{ ref('dim_posts') }}
anti join {{ ref('fact_post_metrics') }} using (post_key)
union all
select post_key, 'dim_posts'
from {{ ref('fact_post_metrics') }}
anti join {{ ref('dim_posts') }} using (post_key)
