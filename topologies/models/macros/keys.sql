{#- The key of something that a platform numbers: null where it has no id. -#}
{% macro platform_key(id) -%}
md5(platform || '|' || {{ id }})
{%- endmacro %}

{#- A day as yyyymmdd. -#}
{% macro date_key(day) -%}
cast(year({{ day }}) * 10000 + month({{ day }}) * 100 + day({{ day }}) as integer)
{%- endmacro %}
