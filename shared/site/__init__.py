"""What every site for people stands on: who is let in, how browsers log in, what a head says.

door.py lets in who may and guards each address; login.py logs browsers in and out, with
sessions.py (what a browser keeps), endings.py (what was logged out) and failures.py (who waits);
foreign.py refuses forms of other sites, bounds.py bodies that are too large; headers.py is what
each answer says of itself, problems.py what is told when something is wrong, files.py the
style, scripts and icons; whole.py puts a site together. Pages, words and looks are each service's
own.
"""
