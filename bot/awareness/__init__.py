"""What helps the partnership to make its policies known."""
