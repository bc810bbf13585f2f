{{ posts_of('reddit') }}
