{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

-- One row a post and kind of engagement that it had at least once.
{% set kinds = [['like', 'likes'], ['share', 'shares'], ['comment', 'comments']] %}
{% if is_incremental() %}
-- Which posts are new is found out once.
with new_posts as materialized (
    select * from {{ ref('int_post_counts') }}
    where {{ is_new_post() }}
)
{% endif %}
{% for kind, counter in kinds %}
select
    md5(post_key || '|{{ kind }}') as engagement_key,
    post_key,
    user_key,
    date_key,
    platform,
    created_at,
    '{{ kind }}' as engagement_type,
    {{ counter }} as engagement_count
from {% if is_incremental() %} new_posts {% else %} {{ ref('int_post_counts') }} {% endif %}
where {{ counter }} > 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
