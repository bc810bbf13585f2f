{#-
  A run over tables that are there may be given the days that have new posts, as the variable
  `touched_dates`: it builds these days alone and leaves the others as they are. Tables that are not there
  yet want a run without it first.
-#}
{% macro is_touched(day) -%}
{%- set days = var('touched_dates', none) -%}
{%- if days is none -%} true
{%- elif days | length == 0 -%} false
{%- else -%} {{ day }} in ({% for one in days %}date '{{ one }}'{% if not loop.last %}, {% endif %}{% endfor %})
{%- endif -%}
{%- endmacro %}

{#- Posts that the table does not have yet: Silver adds posts and never changes one. -#}
{% macro is_new_post() -%}
{%- if is_incremental() -%}
post_key not in (
    select post_key from {{ this }}
    where date_key in (select date_key from {{ ref('int_post_counts') }})
)
{%- else -%} true
{%- endif -%}
{%- endmacro %}
