"""Small, strict fakes of AWS at the level of boto3's clients. They know nothing of Rollcall."""
