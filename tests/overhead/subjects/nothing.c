/* The shortest process. */
int main(void)
{
	return 0;
}
