/** Small dbt projects as others write them: files by their paths. */
export type ProjectFiles = Readonly<Record<string, string>>

const profile = (name: string): string => `${name}:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('DBT_DATABASE') }}"
      settings: { TimeZone: UTC }
      threads: 2
`

/** Orders that come day by day: append, delete+insert, merge, a changed schema, a full refresh. */
export const incremental: ProjectFiles = {
  'dbt_project.yml': `name: orders
version: '1.0'
profile: orders
models:
  orders:
    +materialized: table
    daily:
      +materialized: incremental
seeds:
  orders:
    +column_types: { id: integer, day: date, customer: varchar, amount: integer }
vars:
  until: '2024-01-02'
`,
  'profiles.yml': profile('orders'),
  'seeds/raw_orders.csv': `id,day,customer,amount
1,2024-01-01,ann,5
2,2024-01-01,bob,7
3,2024-01-02,ann,11
4,2024-01-03,eve,13
5,2024-01-03,bob,
6,2024-01-04,ann,19
`,
  'models/orders.sql': `select * from {{ ref('raw_orders') }} where day <= '{{ var('until') }}'`,
  'models/daily/log.sql': `{{ config(incremental_strategy='append') }}
select id, day from {{ ref('orders') }}
{% if is_incremental() %}
where id > (select max(id) from {{ this }})
{% endif %}`,
  'models/daily/days.sql': `{{ config(unique_key='day', incremental_strategy='delete+insert') }}
select day, count(*) as orders, sum(amount)::bigint as amount
from {{ ref('orders') }}
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
group by day`,
  'models/daily/pairs.sql': `{{ config(unique_key=['day', 'customer']) }}
select day, customer, max(amount) as most from {{ ref('orders') }} group by 1, 2`,
  'models/daily/customers.sql': `{{ config(unique_key='customer', incremental_strategy='merge', merge_exclude_columns=['first_day']) }}
select customer, max(day) as last_day, min(day) as first_day, count(amount) as paid
from {{ ref('orders') }}
{% if is_incremental() %}
where day > '2024-01-01'
{% endif %}
group by customer`,
  'models/daily/wider.sql': `{{ config(unique_key='id', on_schema_change='append_new_columns') }}
select id, customer{% if var('until') > '2024-01-02' %}, amount{% endif %} from {{ ref('orders') }}`,
  'models/schema.yml': `models:
  - name: days
    columns:
      - name: day
        tests: [unique, not_null]
      - name: amount
        tests:
          - not_null: { severity: warn }
`,
}

/** Macros in all their ways: defaults, loops, calls of each other, tests of the project's own. */
export const macros: ProjectFiles = {
  'dbt_project.yml': `name: metrics
version: '1.0'
profile: metrics
models:
  metrics:
    +materialized: "{{ var('kind', 'table') }}"
    +tags: [all]
    marts:
      +schema: marts
      +tags: [daily]
vars:
  metrics:
    kinds: [view, click, buy]
    windows: { short: 1, long: 2 }
flags:
  require_generic_test_arguments_property: true
`,
  'profiles.yml': profile('metrics'),
  'macros/pivot.sql': `{% macro pivot(column, values, aggregate='sum', then=1, suffix='') -%}
{%- for value in values %}
  {{ aggregate }}(case when {{ column }} = '{{ value }}' then {{ then }} else 0 end)::bigint as {{ value }}{{ suffix }}
  {%- if not loop.last %},{% endif %}
{%- endfor %}
{%- endmacro %}

{% macro share(part, whole) -%}
round({{ part }} / nullif({{ cents(whole) }} / 100.0, 0), 4)
{%- endmacro %}
{% macro cents(amount) %}({{ amount }} * 100){% endmacro %}`,
  'macros/tests.sql': `{% test at_most(model, column_name, most=10) %}
select * from {{ model }} where {{ column_name }} > {{ most }}
{% endtest %}`,
  'tests/generic/matches_total.sql': `{% test matches_total(model, column_name, compare_model, compare_column) %}
select 1 from (select sum({{ column_name }}) as a from {{ model }})
cross join (select sum({{ compare_column }}) as b from {{ compare_model }})
where a is distinct from b
{% endtest %}`,
  'tests/no_negative.sql': `{{ config(severity='warn', store_failures=true) }}
select * from {{ ref('events') }} where amount < 0`,
  'models/events.sql': `{%- set rows = [] -%}
{%- for kind in var('kinds') -%}
{%- for n in range(1, 4) -%}
{%- do rows.append("select '" ~ kind ~ "' as kind, " ~ n ~ " as day, " ~ (n * loop.index - 2) ~ " as amount") -%}
{%- endfor -%}
{%- endfor -%}
{{ rows | join('\\nunion all ') }}`,
  'models/marts/by_day.sql': `{% set windows = var('windows') %}
-- {{ target.schema }}, of the model {{ this.identifier }}
select day, {{ pivot('kind', var('kinds')) }},
{{ pivot('kind', ['buy'], then='amount', suffix='_amount') }}
{% for name, days in windows.items() %}, {{ days }} as {{ name | upper }}{% endfor %}
from {{ ref('events') }}
group by day`,
  'models/marts/shares.sql': `{{ config(alias='share_of_buys', materialized='view') }}
-- depends_on: {{ ref('metrics', 'by_day') }}
{% if execute and var('missing', none) is none %}
select day, {{ share('buy', 'view + click + buy') }} as share from {{ ref('metrics', 'by_day') }}
{% endif %}`,
  'models/marts/schema.yml': `models:
  - name: by_day
    description: One row a day.
    config: { contract: { enforced: true } }
    columns:
      - { name: day, data_type: integer, constraints: [{ type: not_null }], data_tests: [{ at_most: { arguments: { most: 3 } } }, { at_most: { name: at_most_one, arguments: { most: 1 }, config: { severity: error, error_if: '>2', warn_if: '>1' } } }] }
      - name: view
        data_type: bigint
      - name: click
        data_type: bigint
        data_tests:
          - matches_total: { arguments: { compare_model: ref('events'), compare_column: "case when kind = 'click' then 1 end" } }
      - { name: buy, data_type: bigint }
      - { name: buy_amount, data_type: bigint }
      - { name: SHORT, data_type: integer }
      - { name: LONG, data_type: integer }
`,
}

/** Ephemeral models on each other, relations between tables, tests that look at some rows, unit tests. */
export const ephemeral: ProjectFiles = {
  'dbt_project.yml': `name: library
version: '1.0'
profile: library
models:
  library:
    staging:
      +materialized: ephemeral
    +materialized: table
data_tests:
  library:
    +limit: 100
flags:
  require_generic_test_arguments_property: true
`,
  'profiles.yml': profile('library'),
  'seeds/books.csv': `id,title,author_id
1,"Commas, and ""quotes""",1
2,Second,1
3,Third,2
4,Nobody's,9
`,
  'seeds/authors.csv': 'id,name\n1,Ann\n2,Bob\n',
  'models/staging/stg_books.sql': "select id as book_id, title, author_id from {{ ref('books') }}",
  'models/staging/known_books.sql': `with authors as (select id from {{ ref('authors') }})
select b.* from {{ ref('stg_books') }} as b inner join authors on authors.id = b.author_id`,
  'models/shelf.sql': `with counted as (
  select author_id, count(*) as books from {{ ref('known_books') }} group by author_id
)
select a.id as author_id, a.name, counted.books, (select count(*) from {{ ref('stg_books') }}) as all_books
from {{ ref('authors') }} as a
left join counted on counted.author_id = a.id`,
  'models/titles.sql': `{{ config(materialized='view') }}
select upper(title) as title, author_id from {{ ref('stg_books') }}`,
  'models/schema.yml': `models:
  - name: shelf
    columns:
      - name: author_id
        data_tests:
          - unique
          - relationships: { arguments: { to: ref('authors'), field: id } }
      - name: name
        data_tests:
          - accepted_values: { arguments: { values: ['Ann', 'Bob'] } }
  - name: titles
    columns:
      - name: author_id
        data_tests:
          - relationships:
              arguments: { to: ref('authors'), field: id }
              config: { severity: warn }
          - relationships:
              name: known_authors_only
              arguments: { to: ref('authors'), field: id }
              config: { where: "author_id < 9" }
seeds:
  - name: books
    columns:
      - name: author_id
        data_tests: [not_null]
unit_tests:
  - name: counts_books_of_known_authors
    model: shelf
    given:
      - input: ref('authors')
        format: csv
        rows: |
          id,name
          1,x
          2,y
      - input: ref('known_books')
        format: sql
        rows: |
          select 1 as book_id, 1 as author_id union all select 2, 1
      - input: ref('stg_books')
        format: sql
        rows: "select 1 as book_id, 't' as title, 1 as author_id"
    expect:
      rows:
        - { author_id: 1, books: 2, all_books: 1 }
        - { author_id: 2, books: null, all_books: 1 }
`,
}
