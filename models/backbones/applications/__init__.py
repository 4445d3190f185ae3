"""Networks that ``keras.applications`` has, with the pixels their weights expect."""
