"""What is typed into the box, read as a whole: day, time, place, cost and their like become filters."""
