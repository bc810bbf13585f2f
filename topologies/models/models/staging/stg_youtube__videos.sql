{{ posts_of('youtube') }}
