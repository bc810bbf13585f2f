{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='post_date') }}

-- How much of a day's mentions on a platform each brand has.
with mentions as (
    select
        post_date,
        platform,
        mention,
        count(*) as mentions,
        sum(count(*)) over (partition by post_date, platform) as platform_mentions
    from {{ ref('int_post_mentions') }}
    group by post_date, platform, mention
),

brands as (
    select
        mentions.post_date,
        mentions.platform,
        brands.brand,
        mentions.mentions as brand_mentions,
        cast(mentions.platform_mentions as bigint) as platform_mentions,
        cast(
            sum(mentions.mentions) over (
                partition by mentions.post_date, mentions.platform
            ) as bigint
        ) as brand_mentions_total
    from mentions
    inner join {{ ref('brands') }} as brands on brands.brand = mentions.mention
)

select
    post_date,
    platform,
    brand,
    brand_mentions,
    platform_mentions,
    brand_mentions_total,
    cast(brand_mentions as double) / platform_mentions * 100 as share_of_voice_pct,
    cast(brand_mentions as double) / brand_mentions_total * 100 as share_among_brands_pct
from brands
