"""One tweet from its line to a row of Silver, in plain Python: None for what the job turns down."""

import datetime
import json
import re

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
COUNTS = ("likes", "retweets", "replies", "quotes", "impressions")


def time_of(text):
    if not isinstance(text, str) or TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def row_of(line, source):
    try:
        tweet = json.loads(line)
        user, metrics, entities = tweet["user"], tweet["public_metrics"], tweet["entities"]
        created, born = time_of(tweet["created_at"]), time_of(user["created_at"])
        counts = [metrics[name] for name in COUNTS]
        counts.append(user["followers"])
        texts = (tweet["id"], user["id"], user["username"], tweet["text"], tweet["lang"])
        if created is None or born is None or not tweet["id"] or not user["id"]:
            return None
        if not all(isinstance(text, str) for text in texts):
            return None
        if not all(type(count) is int and count >= 0 for count in counts):
            return None
        if type(user["verified"]) is not bool or not isinstance(tweet["source"], str):
            return None
        urls = entities["urls"]
        return {
            "platform": "twitter",
            "date": created.date().isoformat(),
            "post_id": tweet["id"],
            "created_at": created,
            "author_id": user["id"],
            "author_name": user["username"],
            "author_followers": user["followers"],
            "author_verified": user["verified"],
            "author_created_at": born,
            "text": tweet["text"],
            "lang": tweet["lang"],
            "likes": metrics["likes"],
            "shares": metrics["retweets"] + metrics["quotes"],
            "comments": metrics["replies"],
            "impressions": metrics["impressions"],
            "hashtags": list(dict.fromkeys(tag.lower() for tag in entities["hashtags"])),
            "mentions": list(dict.fromkeys(name.lower() for name in entities["mentions"])),
            "url": urls[0] if urls else None,
            "source": tweet["source"],
            "ingested_at": datetime.datetime.now(datetime.timezone.utc),
            "source_position": source,
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
