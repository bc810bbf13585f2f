{{ config(materialized='incremental', incremental_strategy='append', unique_key='date_key') }}

-- One row a post and kind of engagement that it had at least once. Those of one post stand side by side: its keys are
-- stored once.
with posts as (
    select
        post_key,
        user_key,
        date_key,
        platform,
        created_at,
        unnest([
            struct_pack(kind := 'like', times := likes),
            struct_pack(kind := 'share', times := shares),
            struct_pack(kind := 'comment', times := comments)
        ]) as engagement
    from {{ ref('int_post_counts') }}
    where {{ is_new_post() }}
)

select
    md5(post_key || '|' || engagement.kind) as engagement_key,
    post_key,
    user_key,
    date_key,
    platform,
    created_at,
    engagement.kind as engagement_type,
    engagement.times as engagement_count
from posts
where engagement.times > 0
