select
    md5(platform) as platform_key,
    platform,
    platform_name,
    owner
from {{ ref('platforms') }}
