-- Days and platforms on which the brands' shares are not parts of a whole.
select
    post_date,
    platform,
    sum(share_among_brands_pct) as among_brands,
    sum(share_of_voice_pct) as of_voice
from {{ ref('mart_share_of_voice') }}
group by post_date, platform
having abs(among_brands - 100) > 1e-6 or of_voice > 100 + 1e-6
