/* replay.c - runs every file of a corpus through a fuzz target, without clang
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

static int run_file(const char *dir, const char *name)
{
	static uint8_t buf[INPUT_MAX];
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *in = fopen(path, "rb");
	if (!in) {
		perror(path);
		return 1;
	}
	size_t len = fread(buf, 1, sizeof(buf), in);
	fclose(in);

	/* An exact copy, so that a read past its end is seen. */
	uint8_t *exact = malloc(len ? len : 1);
	if (!exact)
		return 1;
	for (size_t i = 0; i < len; i++)
		exact[i] = buf[i];
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned files = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	DIR *dir = opendir(argv[1]);
	if (!dir) {
		perror(argv[1]);
		return 1;
	}
	for (struct dirent *ent; (ent = readdir(dir));) {
		if (ent->d_name[0] == '.')
			continue;
		if (run_file(argv[1], ent->d_name))
			return 1;
		files++;
	}
	closedir(dir);
	printf("%u inputs\n", files);
	return files ? 0 : 1; /* an empty corpus proves nothing */
}
