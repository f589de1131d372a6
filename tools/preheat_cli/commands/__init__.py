"""One module for each command, under the command's name. No command imports another."""
