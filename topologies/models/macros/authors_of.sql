{#- Authors of posts, each as the latest of these shows them. -#}
{% macro authors_of(posts) -%}
select
    {{ platform_key('author_id') }} as user_key,
    platform,
    author_id,
    arg_max(
        struct_pack(
            username := author_name,
            followers := author_followers,
            verified := author_verified,
            account_created_at := author_created_at
        ),
        struct_pack(created_at := created_at, post_id := post_id)
    ) as latest,
    min(created_at) as first_seen_at,
    max(created_at) as last_seen_at,
    count(*) as post_count
from {{ posts }}
where author_id is not null
group by platform, author_id
{%- endmacro %}
