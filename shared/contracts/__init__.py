"""What crosses between services and to the outside.

`values` are the building blocks, `messages/<owner>` what other systems send, `<owner>` the
facts that an owner records and publishes, `envelope` the CloudEvent around both.
"""
