{{ posts_of('twitter') }}
