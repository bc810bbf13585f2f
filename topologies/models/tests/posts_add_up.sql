-- Authors and hashtags are counted from day to day: together they must count what the posts say themselves.
with posts as (
    select count(user_key) as authored, coalesce(sum(hashtag_count), 0) as tagged
    from {{ ref('dim_posts') }}
),

users as (
    select coalesce(sum(post_count), 0) as authored from {{ ref('dim_users') }}
),

hashtags as (
    select coalesce(sum(post_count), 0) as tagged from {{ ref('dim_hashtags') }}
)

select
    posts.authored as posts_with_author,
    users.authored as posts_of_users,
    posts.tagged as hashtags_of_posts,
    hashtags.tagged as posts_of_hashtags
from posts, users, hashtags
where posts.authored <> users.authored or posts.tagged <> hashtags.tagged
