{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

-- One row a post and kind of engagement that it had at least once.
{% set kinds = [['like', 'likes'], ['share', 'shares'], ['comment', 'comments']] %}
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
from {{ ref('int_posts_enriched') }}
where {{ counter }} > 0 and {{ is_new_post() }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
