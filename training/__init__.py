"""How the learned part of judging is made from the labelled posts beside this file."""
