{#- One platform's posts. A column that this platform lacks is null there. -#}
{% macro posts_of(platform) -%}
select
    platform,
    date as post_date,
    post_id,
    created_at,
    author_id,
    author_name,
    author_followers,
    author_verified,
    author_created_at,
    text,
    lang,
    likes,
    shares,
    comments,
    impressions,
    hashtags,
    mentions,
    url,
    source as source_app
from {{ source('silver', 'posts') }}
where platform = '{{ platform }}'
{%- endmacro %}
