"""What other systems send, one module per owning service, named by what each message asks for."""
