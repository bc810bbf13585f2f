{{ config(materialized='view') }}

select
    platform,
    post_date,
    unnest(mentions) as mention
from {{ ref('int_posts_enriched') }}
