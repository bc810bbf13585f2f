{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='user_key') }}

-- One row an author, as the author's latest post shows it.
with
{% if is_incremental() %}
seen as (
    select user_key, min(created_at) as first_seen_at, max(created_at) as last_seen_at
    from {{ ref('int_post_counts') }}
    where user_key is not null
    group by user_key
),

counted as (
    select user_key, cast(sum(posts) as bigint) as post_count
    from {{ ref('int_user_days') }}
    where user_key in (select user_key from seen)
    group by user_key
),

-- Authors with more posts than there were: these are of the touched days.
changed as materialized (
    select seen.user_key, seen.first_seen_at, seen.last_seen_at, counted.post_count
    from seen
    inner join counted on counted.user_key = seen.user_key
    left join {{ this }} as known on known.user_key = seen.user_key
    where known.post_count is distinct from counted.post_count
),

-- What they look like is read from around the times of their latest posts, not of whole days.
latest_posts as (
    select * from {{ ref('int_posts_enriched') }}
    where created_at in (select last_seen_at from changed)
),

shown as (
    {{ authors_of('latest_posts') }}
),

-- All posts of one time are of one day: those of the touched days say what is the latest, unless a later one is
-- known from another day.
users as (
    select
        changed.user_key,
        shown.platform,
        shown.author_id,
        case
            when known.last_seen_at > changed.last_seen_at
                then struct_pack(
                    username := known.username,
                    followers := known.followers,
                    verified := known.verified,
                    account_created_at := known.account_created_at
                )
            else shown.latest
        end as latest,
        least(changed.first_seen_at, known.first_seen_at) as first_seen_at,
        greatest(changed.last_seen_at, known.last_seen_at) as last_seen_at,
        changed.post_count
    from changed
    inner join shown on shown.user_key = changed.user_key
    left join {{ this }} as known on known.user_key = changed.user_key
)
{% else %}
users as (
    {{ authors_of(ref('int_posts_enriched')) }}
)
{% endif %}

select
    user_key,
    platform,
    author_id as user_id,
    latest.username,
    latest.followers,
    latest.verified,
    latest.account_created_at,
    first_seen_at,
    last_seen_at,
    post_count
from users
