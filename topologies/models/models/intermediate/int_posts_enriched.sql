{{ config(materialized='view') }}

-- The posts of the days that this run builds: all of them, unless it is told which.
select * from {{ ref('int_posts') }}
where {{ is_touched('post_date') }}
